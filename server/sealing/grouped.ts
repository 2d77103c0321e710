/** `1,234,567`: counts and steps as people read them. */
export function grouped(count: bigint | number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}
