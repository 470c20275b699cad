/** Sound of a WAV file: 16-bit PCM samples, -32768 to 32767, of one channel. */
export interface Sound {
  readonly rate: number;
  readonly samples: Int16Array;
}

/** The loudest a sine can be in 16 bits; levels are given relative to it. */
const fullScale = 32_768;

/**
 * Reads a WAV file of 16-bit PCM, the first channel of it. A file whose writer has not finished, so that its header
 * does not know its length yet, is read to its end.
 */
export function readWav(bytes: Uint8Array): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || word(0) !== "RIFF" || word(8) !== "WAVE")
    throw new RangeError("this is not a WAV file");
  let channels = 1;
  let rate = 8_000;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (word(at) === "fmt ") {
      if (view.getUint16(at + 8, true) !== 1 || view.getUint16(at + 22, true) !== 16)
        throw new RangeError("this WAV file is not 16-bit PCM");
      channels = view.getUint16(at + 10, true);
      rate = view.getUint32(at + 12, true);
    }
    if (word(at) === "data") {
      const rest = bytes.length - at - 8;
      const length = size === 0 || size > rest ? rest : size;
      const frames = Math.floor(length / (2 * channels));
      return {
        rate,
        samples: Int16Array.from({ length: frames }, (_, frame) =>
          view.getInt16(at + 8 + frame * 2 * channels, true),
        ),
      };
    }
    at += 8 + size + (size % 2);
  }
  return { rate, samples: new Int16Array(0) };
}

/** A WAV file of one channel. */
export function writeWav(sound: Sound): Uint8Array {
  const header = Buffer.alloc(44);
  const length = sound.samples.length * 2;
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(36 + length, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sound.rate, 24);
  header.writeUInt32LE(sound.rate * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(length, 40);
  return Buffer.concat([header, new Uint8Array(sound.samples.slice().buffer)]);
}

/** A sine, at 0.3 of full scale. */
export function sine(hertz: number, durationMs: number, rate = 8_000): Sound {
  const length = Math.round((durationMs * rate) / 1000);
  return {
    rate,
    samples: Int16Array.from(
      { length },
      (_, index) => 0.3 * fullScale * Math.sin((2 * Math.PI * hertz * index) / rate),
    ),
  };
}

/** A part of a sound; negative times count from its end. */
export function part(sound: Sound, fromMs: number, toMs?: number): Sound {
  const at = (ms: number) => Math.round((ms * sound.rate) / 1000);
  return {
    rate: sound.rate,
    samples: sound.samples.slice(at(fromMs), toMs === undefined ? undefined : at(toMs)),
  };
}

/** The root mean square of a sound, 0 to 1. */
export function rms(sound: Sound): number {
  if (sound.samples.length === 0) return 0;
  let sum = 0;
  for (const sample of sound.samples) sum += sample * sample;
  return Math.sqrt(sum / sound.samples.length) / fullScale;
}

/**
 * How much of one frequency is in a sound: the RMS that this frequency alone would have, 0 to 1 (Goertzel). A sine of
 * just that frequency gives its own RMS; any other sound gives next to nothing.
 */
export function toneLevel(sound: Sound, hertz: number): number {
  const { samples, rate } = sound;
  if (samples.length === 0) return 0;
  const turn = 2 * Math.cos((2 * Math.PI * hertz) / rate);
  let last = 0;
  let before = 0;
  for (const sample of samples) {
    const now = sample + turn * last - before;
    before = last;
    last = now;
  }
  const power = last * last + before * before - turn * last * before;
  return (Math.sqrt(Math.max(0, power)) * Math.SQRT2) / samples.length / fullScale;
}
