/** 16-bit little-endian PCM and its levels. */

export function floatToPcm(samples, pcm, offset = 0) {
  for (let index = 0; index < samples.length; index += 1) {
    const clipped = Math.max(-1, Math.min(1, samples[index]));
    pcm[offset + index] = Math.round(clipped * 32767);
  }
}

export function pcmToFloat(pcm) {
  const samples = new Float32Array(pcm.length);
  for (let index = 0; index < pcm.length; index += 1) samples[index] = pcm[index] / 32768;
  return samples;
}

/** Root mean square, 0..1. */
export function rootMeanSquare(samples) {
  let sum = 0;
  for (let index = 0; index < samples.length; index += 1) sum += samples[index] * samples[index];
  return samples.length ? Math.sqrt(sum / samples.length) : 0;
}

/** What a meter shows for a root mean square: 0 at -60 dBFS and below, 1 at full scale. */
export function loudness(level) {
  if (level <= 0.001) return 0;
  return Math.min(1, 1 + (20 * Math.log10(level)) / 60);
}
