/** What a run in VS Code leaves behind, as JSON: one record a test. */
export interface TestResult {
  /** Full title. */
  title: string;
  state: 'passed' | 'failed' | 'pending';
  milliseconds: number;
  /** Why it failed, with its stack. */
  error?: string;
}
