/** Bytes a host serves: a file, a mapped array, a remote document. */
export interface ByteSource {
  /** Length in bytes. */
  readonly size: number;
  /**
   * `length` bytes from `offset`, both inside `size`. The answer may be a view on memory that the source keeps;
   * nobody writes into it.
   */
  read(offset: number, length: number): Uint8Array;
}

/** A source over bytes that are in memory already. */
export function byteSourceOf(bytes: Uint8Array): ByteSource {
  // Hosts hand over kinds of arrays of their own, whose `slice` may not copy.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return {
    size: plain.length,
    read: (offset, length) => plain.subarray(offset, offset + length),
  };
}
