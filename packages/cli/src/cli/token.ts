import { Command } from 'commander';
import { asKept } from '../stage/ids.ts';
import { tokenOf } from '../stage/token.ts';
import { atLeastOne, onStage } from './command.ts';
import { printJson } from './output.ts';

interface TokenOptions {
  member?: string;
  scope?: string;
  expiresIn?: number;
}

export const token = new Command('token')
  .description(
    'a token for the API, of the issuer of an embedded cloud or of `issuer`; without options, one that is with the scopes that an operator of the app needs',
  )
  .option('--member <id>', 'good for this member', asKept)
  .option('--scope <scopes>', 'with these, such as "members:read members:write"')
  .option('--expires-in <seconds>', 'default: an hour', atLeastOne)
  .addHelpText(
    'after',
    '\nExample: curl -H "authorization: Bearer $(npm run --silent ops -- token)" http://127.0.0.1:4000/v1/members/ID',
  )
  .action(
    onStage<TokenOptions, []>(async (stage, { member, scope, expiresIn, json, folder }) => {
      const scopes = scope ?? (member === undefined ? folder.operatorScope : undefined);
      const given = await tokenOf(stage, {
        ...(member !== undefined && { sub: member }),
        ...(scopes !== undefined && { scope: scopes }),
        ...(expiresIn !== undefined && { expiresIn }),
      });
      if (json) printJson({ token: given });
      else console.log(given);
    }),
  );
