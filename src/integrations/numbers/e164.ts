import { createRequire } from "node:module";
import type * as Numbers from "libphonenumber-js/max";
import { isExtension } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";

const require = createRequire(import.meta.url);
let loaded: typeof Numbers | null = null;

/**
 * The library that knows the numbers of every country. It is loaded when the first number is read, or before that when
 * there is time: a server that starts has callers to take in hand first, and need not read a number for that.
 */
export function loadNumbers(): typeof Numbers {
  loaded ??= require("libphonenumber-js/max") as typeof Numbers;
  return loaded;
}

/**
 * Reads numbers as people dial them in a country. Extensions are looked for first, since a phone library would make
 * a number of 1001 too; they, and what is no number, give `null`.
 */
export function openNumbers(country: string): (number: string) => string | null {
  if (!isCountry(country)) {
    throw new KituoError("config_invalid", `${country} is no country whose numbers are known`);
  }
  return (number) => {
    if (isExtension(number)) return null;
    const parsed = loadNumbers().parsePhoneNumberFromString(number, country);
    return parsed?.isPossible() === true ? parsed.number : null;
  };
}

/** By the names of regions that Node knows, so that the library is not needed for it. */
function isCountry(country: string): country is Numbers.CountryCode {
  const regions = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  return /^[A-Z]{2}$/.test(country) && regions.of(country) !== undefined;
}
