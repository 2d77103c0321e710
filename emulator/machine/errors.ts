/** A setting, image or file that no machine can be made of. The message names the thing, its value and what is allowed. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** The setting concerned, by its name in `MachineConfig`. */
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(message);
    this.setting = setting;
  }
}
