const ALL_HASHES = 2 ** 32;

/** A number below 2^32 that looks random, the same for the same text: FNV-1a, then the last steps of MurmurHash3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The variant of an instruction that falls to an agent, each by its weight; none where all weights are 0. */
export function pickVariant<V extends { weight: number }>(
  variants: readonly V[],
  instructionId: string,
  agentId: string,
): V | undefined {
  const total = variants.reduce((sum, { weight }) => sum + weight, 0);
  let rest = (hashOf(`${instructionId}/${agentId}`) / ALL_HASHES) * total;
  return variants.find(({ weight }) => {
    rest -= weight;
    return rest < 0;
  });
}
