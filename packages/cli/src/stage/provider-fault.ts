/** How something beside the embedded cloud is broken on purpose: its kinds are the app's (ConsoleParts). */
export interface ProviderFault {
  kind: string;
  /** Of a kind that takes it. */
  ms?: number;
}
