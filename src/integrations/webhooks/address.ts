import { lookup as resolve } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Whether an address belongs to the public internet: not to this machine, a private network, a link, a carrier's
 * network, a translation of IPv4 into IPv6 that would lead there, a reserved block.
 */
export function isPublic(address: string): boolean {
  // An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address.
  return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

/** The reason with which a connection is refused that would lead into a private network. */
export class PrivateAddress extends Error {
  override readonly name = "PrivateAddress";
}

/**
 * A look-up for connections: gives an address only where all that the name leads to are allowed. What it gives is what
 * is connected to, so that a name which leads elsewhere a moment later changes nothing.
 */
export function guardedLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, "");
      const bad = found.find(({ address }) => !isAllowed(address));
      if (bad !== undefined)
        return done(new PrivateAddress(`${host} leads to a private network`), "");
      if (options.all === true) return done(null, found);
      const [first] = found;
      if (first === undefined) return done(new Error(`${host} leads nowhere`), "");
      return done(null, first.address, first.family);
    });
  };
}

/** Whether a host is an address that is not allowed; a name is looked at when it is resolved. */
export function isForbidden(hostname: string, isAllowed: (address: string) => boolean): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return isIP(address) !== 0 && !isAllowed(address);
}
