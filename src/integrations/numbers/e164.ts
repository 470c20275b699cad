import {
  type CountryCode,
  isSupportedCountry,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import { isExtension } from "../../domain/centre.ts";
import { KituoError } from "../../domain/errors.ts";

/**
 * Reads numbers as people dial them in a country. Extensions are looked for first, since a phone library would make
 * a number of 1001 too; they, and what is no number, give `null`.
 */
export function openNumbers(country: string): (number: string) => string | null {
  if (!isSupportedCountry(country)) {
    throw new KituoError("config_invalid", `${country} is no country whose numbers are known`);
  }
  const code: CountryCode = country;
  return (number) => {
    if (isExtension(number)) return null;
    // Many dial 00 for abroad, though some countries have another prefix for it.
    const parsed = parsePhoneNumberFromString(number.replace(/^00(?=[1-9])/, "+"), code);
    return parsed?.isPossible() === true ? parsed.number : null;
  };
}
