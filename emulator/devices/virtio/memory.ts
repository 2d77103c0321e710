/** RAM as devices reach it. */
export interface GuestMemory {
  /** Whether all of these bytes are RAM. */
  has(address: bigint, length: number): boolean;
  /** A copy; undefined unless all of it is RAM. */
  read(address: bigint, length: number): Uint8Array | undefined;
  /** False, and nothing written, unless all of it is RAM. */
  write(address: bigint, bytes: Uint8Array): boolean;
}
