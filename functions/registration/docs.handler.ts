import { endpoint, json } from '@rollcall/kit/http';
import { createObservability } from '@rollcall/kit/observability';
import page from '../../docs/api/index.html' with { type: 'text' };
import openApi from '../../docs/api/openapi.json' with { type: 'json' };
import { PUBLIC } from './caching.ts';

const { logger } = createObservability('registration');

export const readOpenApi = endpoint(logger, async () => json(200, openApi, PUBLIC), { mediaType: 'application/json' });

export const readDocs = endpoint(
  logger,
  async () => ({ statusCode: 200, headers: { 'content-type': 'text/html; charset=utf-8', ...PUBLIC }, body: page }),
  { mediaType: 'text/html' },
);
