import { Command } from 'commander';
import { normalizeId } from '../stage/ids.ts';
import { operatorScopeOf, tokenOf } from '../stage/token.ts';
import { atLeastOne, onStage } from './command.ts';
import { printJson } from './output.ts';

interface TokenOptions extends Record<string, unknown> {
  scope?: string;
  expiresIn?: number;
}

/** @param name the app's name for an aggregate */
export const tokenCommand = (name: string) =>
  new Command('token')
    .description(
      'print a token for the API, from an embedded cloud or from `ops issuer`; default scopes: those that an operator needs, or none for a token with a subject',
    )
    .option(`--${name} <id>`, `subject of the token: the id of this ${name}`, normalizeId)
    .option('--scope <scopes>', 'scopes of the token, such as "orders:read orders:write"')
    .option('--expires-in <seconds>', 'lifetime of the token; default: an hour', atLeastOne)
    .addHelpText(
      'after',
      '\nExample: curl -H "authorization: Bearer $(npm run --silent ops -- token)" http://127.0.0.1:4000/',
    )
    .action(
      onStage<TokenOptions, []>(async (stage, { [name]: subject, scope, expiresIn, json, folder }) => {
        const scopes = scope ?? (subject === undefined ? operatorScopeOf(folder) : undefined);
        const given = await tokenOf(stage, {
          ...(subject !== undefined && { sub: String(subject) }),
          ...(scopes !== undefined && { scope: scopes }),
          ...(expiresIn !== undefined && { expiresIn }),
        });
        if (json) printJson({ token: given });
        else console.log(given);
      }),
    );
