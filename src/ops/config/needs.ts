/** Which module an application, a function or a kind of setting needs; what stands here with "" is in Asterisk itself. */
export const moduleOfApplication: Readonly<Record<string, string>> = {
  Answer: "",
  Background: "",
  Busy: "",
  Congestion: "",
  ExecIf: "app_exec",
  Goto: "",
  GotoIf: "",
  GotoIfTime: "",
  Hangup: "",
  NoOp: "",
  Progress: "",
  RaiseException: "",
  Ringing: "",
  SayDigits: "",
  SayNumber: "",
  Set: "",
  Wait: "",
  WaitExten: "",
  AGI: "res_agi",
  Dial: "app_dial",
  MusicOnHold: "res_musiconhold",
  Originate: "app_originate",
  Playback: "app_playback",
  Queue: "app_queue",
  Record: "app_record",
  Return: "app_stack",
  Stasis: "app_stasis",
  StartMusicOnHold: "res_musiconhold",
  StasisBroadcast: "app_stasis_broadcast",
  StopMusicOnHold: "res_musiconhold",
  UserEvent: "app_userevent",
  Verbose: "app_verbose",
};

export const moduleOfFunction: Readonly<Record<string, string>> = {
  CALLERID: "func_callerid",
  CHANNEL: "func_channel",
  DB: "func_db",
  DEVICE_STATE: "func_devstate",
  FILTER: "func_strings",
  GLOBAL: "func_global",
  GLOBAL_DELETE: "func_global",
  GROUP: "func_groupcount",
  GROUP_COUNT: "func_groupcount",
  HANGUPCAUSE: "func_hangupcause",
  IF: "func_logic",
  ISNULL: "func_logic",
  LEN: "func_strings",
  MASTER_CHANNEL: "func_channel",
  PJSIP_HEADER: "res_pjsip_header_funcs",
  QUEUE_EXISTS: "app_queue",
  QUEUE_MEMBER: "app_queue",
  RAND: "func_rand",
  REPLACE: "func_strings",
  SHELL: "func_shell",
  STRFTIME: "func_strings",
  TIMEOUT: "func_timeout",
  TOLOWER: "func_strings",
  TOUPPER: "func_strings",
  URIENCODE: "func_uri",
};

/** What a `type = ...` of pjsip.conf needs. */
export const moduleOfPjsipType: Readonly<Record<string, readonly string[]>> = {
  endpoint: ["res_pjsip", "res_pjsip_session", "res_pjsip_sdp_rtp", "chan_pjsip"],
  auth: ["res_pjsip_authenticator_digest"],
  identify: ["res_pjsip_endpoint_identifier_ip"],
  registration: ["res_pjsip_outbound_registration", "res_pjsip_outbound_authenticator_digest"],
  acl: ["res_pjsip_acl"],
};

/** Which module reads a file; without it the file does nothing. */
export const moduleOfFile: Readonly<Record<string, string>> = {
  "ari.conf": "res_ari",
  "extensions.conf": "pbx_config",
  "musiconhold.conf": "res_musiconhold",
  "pjsip.conf": "res_pjsip",
  "queues.conf": "app_queue",
  "rtp.conf": "res_rtp_asterisk",
};

/** What must never be loaded, and why. */
export const forbiddenModules: Readonly<Record<string, string>> = {
  res_stasis_device_state: "it can lock ARI up for ever",
  res_ari_device_states: "it can lock ARI up for ever",
  res_pjsip_endpoint_identifier_anonymous: "it lets in callers whom nobody knows",
};
