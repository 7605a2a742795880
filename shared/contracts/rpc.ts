/** Where the methods of MemberService are called: `/PACKAGE.SERVICE/METHOD`, as Connect and gRPC have it. */
export const rpcRoute = { method: 'ANY', path: '/rollcall.members.v1.MemberService/{method}' } as const;
