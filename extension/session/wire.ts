/** As a message says it: 64-bit numbers are text there, which the adapter reads. */
export type OnWire<T> = T extends bigint ? string : T extends object ? { [K in keyof T]: OnWire<T[K]> } : T;
