/**
 * Numbers from 0 to 1 (without it), the same for the same seed: sfc32, of Chris Doty-Humphrey's PractRand. Streams of
 * one seed have nothing to do with each other, so that who arrives does not depend on how long somebody talks.
 */
export function chance(seed: number, stream = 0): () => number {
  let a = seed | 0;
  let b = Math.floor(seed / 2 ** 32) | 0;
  let c = stream | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // What two seeds have in common is stirred away.
  for (let round = 0; round < 16; round += 1) next();
  return next;
}

/** Draws from an exponential distribution. */
export const exponential = (mean: number, random: () => number): number =>
  -Math.log(1 - random()) * mean;
