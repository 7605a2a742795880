import type { ServerResponse } from 'node:http';
import { awsError } from '../errors/aws-error.ts';
import type { Access } from '../iam/access.ts';
import { send } from './answers.ts';

/**
 * Implements https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html. Every process on this machine may
 * assume every role.
 */
export function assumeRole(access: Access, response: ServerResponse, body: Buffer): void {
  const form = new URLSearchParams(body.toString());
  const arn = form.get('RoleArn') ?? '';
  const { accessKeyId, secretAccessKey } = access.credentialsOf(arn, form.get('RoleSessionName') ?? '');
  if (!access.roleOf(accessKeyId)) {
    send(response, awsError('sts', { status: 403, code: 'AccessDenied', message: `There is no role ${arn}.` }));
    return;
  }
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  response
    .writeHead(200, { 'content-type': 'text/xml' })
    .end(
      `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>local</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
    );
}
