/** An injected fault of a service beside the embedded cloud; the app defines the kinds (ConsoleParts). */
export interface ProviderFault {
  kind: string;
  /** The delay in milliseconds, for kinds that take one (`takesMs`). */
  ms?: number;
}
