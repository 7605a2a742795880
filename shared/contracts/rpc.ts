import { MemberService } from './generated/rollcall/members/v1/member_service_pb.ts';

/** The paths of MemberService's methods: `POST /PACKAGE.SERVICE/METHOD`, as in Connect and gRPC. */
export const rpcRoutes = MemberService.methods.map(
  ({ name }) => ({ name, method: 'POST', path: `/${MemberService.typeName}/${name}`, access: 'services' }) as const,
);

export type RpcRoute = (typeof rpcRoutes)[number];

/** The route of `Register`, and the route of `WatchOperation`, whose calls may take 20 seconds. */
export const [rpcRegister, rpcWatch] = [MemberService.method.register, MemberService.method.watchOperation].map(
  ({ name }) => rpcRoutes.find((route) => route.name === name) as RpcRoute,
) as [RpcRoute, RpcRoute];
