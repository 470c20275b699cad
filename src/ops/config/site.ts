/**
 * Where one Asterisk lives: addresses, ports, folders and secrets. Together with the centre (`kituo.yaml`) this is all
 * that Asterisk's configuration is rendered from. Folders are as Asterisk itself sees them.
 */
export interface Site {
  /** What SIP, HTTP and AMI bind to. Never a public address for HTTP and AMI. */
  readonly sipAddress: string;
  readonly controlAddress: string;
  readonly sipPort: number;
  /** ARI, and SIP over WebSocket at `/ws`. */
  readonly httpPort: number;
  readonly amiPort: number;
  readonly rtpFrom: number;
  readonly rtpTo: number;
  readonly folders: SiteFolders;
  readonly secrets: SiteSecrets;
  /** Unique for each Asterisk, as six hexadecimal pairs; without it a machine with no network card gives all zeros. */
  readonly entityId: string;
}

/** `[directories]` of asterisk.conf. */
export interface SiteFolders {
  readonly etc: string;
  readonly modules: string;
  /** `sounds/` and `moh/` of ours lie here. */
  readonly data: string;
  readonly db: string;
  readonly keys: string;
  readonly spool: string;
  readonly run: string;
  readonly log: string;
}

export interface SiteSecrets {
  readonly ariUser: string;
  readonly ariPassword: string;
  readonly amiUser: string;
  readonly amiPassword: string;
  /** Extension to password. */
  readonly extensions: Readonly<Record<string, string>>;
  /** Trunk name to password, for the trunks that have a user name. */
  readonly trunks?: Readonly<Record<string, string>>;
}
