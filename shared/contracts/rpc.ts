/** Where the methods of MemberService are called: `/PACKAGE.SERVICE/METHOD`, as Connect and gRPC have it. */
const SERVICE = '/rollcall.members.v1.MemberService';

export const rpcRoute = { method: 'ANY', path: `${SERVICE}/{method}` } as const;

/** The one that may take 20 seconds. */
export const rpcWatchRoute = { method: 'ANY', path: `${SERVICE}/WatchOperation` } as const;
