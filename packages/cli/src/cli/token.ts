import { Command } from 'commander';
import { asKept } from '../stage/ids.ts';
import { tokenOf } from '../stage/token.ts';
import { EVERY_MEMBER } from '../token.ts';
import { atLeastOne, onStage } from './command.ts';
import { printJson } from './output.ts';

interface TokenOptions {
  member?: string;
  scope?: string;
  expiresIn?: number;
}

export const token = new Command('token')
  .description(
    'a token for the API, of the issuer of an embedded cloud or of `issuer`; without options, one that is good for every member',
  )
  .option('--member <id>', 'good for this member', asKept)
  .option('--scope <scopes>', `good for every member, as these say, such as "${EVERY_MEMBER.scope}"`)
  .option('--expires-in <seconds>', 'default: an hour', atLeastOne)
  .addHelpText(
    'after',
    '\nExample: curl -H "authorization: Bearer $(npm run --silent ops -- token)" http://127.0.0.1:4000/v1/members/ID',
  )
  .action(
    onStage<TokenOptions, []>(async (stage, { member, scope, expiresIn, json }) => {
      const scopes = scope ?? (member === undefined ? EVERY_MEMBER.scope : undefined);
      const given = await tokenOf(stage, {
        ...(member !== undefined && { sub: member }),
        ...(scopes !== undefined && { scope: scopes }),
        ...(expiresIn !== undefined && { expiresIn }),
      });
      if (json) printJson({ token: given });
      else console.log(given);
    }),
  );
