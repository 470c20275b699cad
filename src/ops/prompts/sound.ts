/** What Asterisk plays without any conversion of rate: 8 kHz, 16 bits, one channel. */
export const sampleRate = 8_000;

/** A WAV file of samples between -1 and 1. */
export function wav(samples: Float64Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const word = (at: number, text: string) =>
    bytes.setUint32(at, Buffer.from(text, "latin1").readUInt32BE(0));
  word(0, "RIFF");
  bytes.setUint32(4, 36 + samples.length * 2, true);
  word(8, "WAVE");
  word(12, "fmt ");
  bytes.setUint32(16, 16, true);
  bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true);
  bytes.setUint32(24, sampleRate, true);
  bytes.setUint32(28, sampleRate * 2, true);
  bytes.setUint16(32, 2, true);
  bytes.setUint16(34, 16, true);
  word(36, "data");
  bytes.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, index) => {
    const clipped = Math.max(-1, Math.min(1, sample));
    bytes.setInt16(44 + index * 2, Math.round(clipped * 32_767), true);
  });
  return new Uint8Array(bytes.buffer);
}

/** A tone that begins and ends softly, so that it does not click. */
export function tone(hz: number, ms: number): Float64Array {
  const length = Math.round((ms * sampleRate) / 1_000);
  const edge = sampleRate / 100;
  return Float64Array.from({ length }, (_, at) => {
    const level = Math.min(1, at / edge, (length - 1 - at) / edge);
    return 0.3 * level * Math.sin((2 * Math.PI * hz * at) / sampleRate);
  });
}

/** Notes as MIDI counts them, one chord a bar, and the tune that goes over it. */
const bars: readonly { readonly chord: readonly number[]; readonly tune: readonly number[] }[] = [
  { chord: [48, 55, 60, 64], tune: [76, 79, 84, 79] },
  { chord: [45, 52, 57, 60], tune: [76, 72, 69, 72] },
  { chord: [41, 53, 57, 60], tune: [69, 72, 77, 76] },
  { chord: [43, 50, 55, 59], tune: [74, 71, 67, 71] },
  { chord: [48, 55, 60, 64], tune: [72, 76, 79, 76] },
  { chord: [40, 52, 55, 59], tune: [71, 74, 79, 74] },
  { chord: [41, 53, 57, 60], tune: [72, 69, 65, 69] },
  { chord: [43, 50, 55, 59], tune: [67, 71, 74, 71] },
];
const beatS = 0.75;

/** The hold music, of our own making: a slow tune of plucked notes over soft chords, 48 seconds, fit to be repeated. */
export function holdMusic(): Float64Array {
  const beats = bars.length * 4 * 2;
  const samples = new Float64Array(Math.round(beats * beatS * sampleRate));
  const play = (note: number, fromS: number, lengthS: number, level: number, decayS: number) => {
    const hz = 440 * 2 ** ((note - 69) / 12);
    const start = Math.round(fromS * sampleRate);
    const length = Math.round(lengthS * sampleRate);
    for (let index = 0; index < length; index += 1) {
      const t = index / sampleRate;
      const envelope =
        Math.min(1, t / 0.02) * Math.exp(-t / decayS) * Math.min(1, (lengthS - t) / 0.05);
      const phase = 2 * Math.PI * hz * t;
      const sound = Math.sin(phase) + 0.35 * Math.sin(2 * phase) + 0.12 * Math.sin(3 * phase);
      // What rings on beyond the end is heard at the beginning: the loop has no seam.
      const at = (start + index) % samples.length;
      samples[at] = (samples[at] ?? 0) + level * envelope * sound;
    }
  };
  for (let round = 0; round < 2; round += 1)
    for (const [bar, { chord, tune }] of bars.entries()) {
      const from = (round * bars.length + bar) * 4 * beatS;
      for (const [voice, note] of chord.entries())
        play(note, from + voice * 0.06, 4 * beatS, 0.028, 2.2);
      // The second time the tune is answered an octave lower.
      for (const [beat, note] of tune.entries())
        play(round === 0 ? note : note - 12, from + beat * beatS, 2 * beatS, 0.06, 0.7);
    }
  return samples;
}
