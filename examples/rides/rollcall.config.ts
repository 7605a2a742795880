import { defineApp } from 'rollcall/app';
import { PushProvider } from './beside/push-provider.ts';
import { OPERATOR } from './shared/caller.ts';

export default defineApp({
  name: 'rides',
  operatorScope: `read write ${OPERATOR}`,
  beside: () => [new PushProvider()],
  firstSteps: ({
    apiUrl,
  }) => `Register a passenger, report the position of a nearby driver, request a trip, accept it and read it:

  H="authorization: Bearer $(npx rollcall ops token)"; J='content-type: application/json'
  id() { node -p 'crypto.randomUUID()'; }; P=$(id) D=$(id) T=$(id)
  curl -X PUT ${apiUrl}/passengers/$P -H "$H" -H "$J" -d '{"name":"Ana"}'
  curl -X PUT ${apiUrl}/drivers/$D/position -H "$H" -H "$J" -d '{"lat":40.417,"lng":-3.703}'
  curl -X PUT ${apiUrl}/trips/$T -H "$H" -H "$J" -d '{"passengerId":"'$P'","from":{"lat":40.418,"lng":-3.7},"to":{"lat":40.43,"lng":-3.69}}'
  curl -X POST ${apiUrl}/drivers/$D/answers -H "$H" -H "$J" -d '{"tripId":"'$T'","answer":"accept"}'
  curl ${apiUrl}/trips/$T -H "$H"
`,
});
