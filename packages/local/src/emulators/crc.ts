/** Reflected polynomials (https://reveng.sourceforge.io/crc-catalogue/), each as its high and its low 32 bits. */
const CASTAGNOLI = [0, 0x82f63b78] as const;
const NVME = [0x9a6c9329, 0xac4bc9b5] as const;

type Table = ReadonlyArray<readonly [high: number, low: number]>;

function tableOf([polynomialHigh, polynomialLow]: readonly [number, number]): Table {
  return Array.from({ length: 256 }, (_, byte) => {
    let [high, low] = [0, byte];
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (isOdd) {
        low ^= polynomialLow;
        high ^= polynomialHigh;
      }
    }
    return [high, low] as const;
  });
}

/** @param bytes size of the checksum */
function createCrc(polynomial: readonly [number, number], bytes: 4 | 8): (data: Buffer) => string {
  const table = tableOf(polynomial);
  return (data) => {
    let [high, low] = [bytes === 8 ? -1 : 0, -1];
    for (const byte of data) {
      const [tableHigh, tableLow] = table[(low ^ byte) & 0xff] as Table[number];
      low = ((low >>> 8) | (high << 24)) ^ tableLow;
      high = (high >>> 8) ^ tableHigh;
    }
    const result = Buffer.alloc(8);
    result.writeInt32BE(~high);
    result.writeInt32BE(~low, 4);
    return result.subarray(8 - bytes).toString('base64');
  };
}

export const crc32c = createCrc(CASTAGNOLI, 4);
export const crc64nvme = createCrc(NVME, 8);
