import { MemberService } from './generated/rollcall/members/v1/member_service_pb.ts';

/** Where the methods of MemberService are called: `/PACKAGE.SERVICE/METHOD`, as Connect and gRPC have it. */
const SERVICE = `/${MemberService.typeName}` as const;

export const rpcRoute = { method: 'ANY', path: `${SERVICE}/{method}`, access: 'services' } as const;

/** The one that may take 20 seconds. */
export const rpcWatchRoute = { method: 'ANY', path: `${SERVICE}/WatchOperation`, access: 'services' } as const;

export type RpcRoute = typeof rpcRoute | typeof rpcWatchRoute;

/** Of each method. */
export const rpcPaths = MemberService.methods.map(({ name }) => `${SERVICE}/${name}`);
