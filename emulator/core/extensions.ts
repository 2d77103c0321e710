/** Which extensions the harts have, where more depends on it than which instructions there are. */
import { EXTENSIONS } from '../layout';

export function hasExtension(extension: i32): bool {
  return (load<i32>(EXTENSIONS) & extension) != 0;
}
