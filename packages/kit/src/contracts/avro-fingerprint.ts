const EMPTY = 0xc15d213aa4d7a795n;

/** Remainder for each byte value, computed as in Avro's specification. */
const TABLE = Array.from({ length: 256 }, (_, index) => {
  let remainder = BigInt(index);
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >> 1n) ^ (EMPTY & -(remainder & 1n));
  return remainder;
});

/**
 * CRC-64-AVRO of a schema in Parsing Canonical Form, little endian, as single-object encoding requires
 * (https://avro.apache.org/docs/1.12.0/specification/#schema-fingerprints).
 */
export function avroFingerprint(canonicalForm: string): Buffer {
  let crc = EMPTY;
  for (const byte of Buffer.from(canonicalForm)) {
    crc = (crc >> 8n) ^ (TABLE[Number((crc ^ BigInt(byte)) & 0xffn)] as bigint);
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(crc);
  return bytes;
}
