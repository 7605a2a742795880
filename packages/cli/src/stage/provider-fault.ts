/** An injected fault of a service beside the embedded cloud; the app defines the kinds (ConsoleParts). */
export interface ProviderFault {
  kind: string;
  /** For kinds with a duration. */
  ms?: number;
}
