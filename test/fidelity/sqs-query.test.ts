import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { queue, rawCall, receiveFrom, sqs } from './aws.ts';

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-xml.html These
// clients use this protocol: botocore before 1.31.81, versions of the AWS CLI with such a botocore, and SDKs before
// November 2023, such as the SDK for JavaScript 2.

const VERSION = '2012-11-05';

/** Sends a call by the Query protocol. `all` returns the texts of the response's elements that have the given name. */
async function query(Action: string, parameters: Record<string, string>, url?: string) {
  const form = new URLSearchParams({ Action, Version: VERSION, ...parameters });
  const { status, body } = await rawCall('sqs', form.toString(), url === undefined ? {} : { url });
  const all = (element: string) =>
    [...body.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, text]) => text ?? '');
  return { status, body, all, one: (element: string) => all(element)[0] };
}

describe('SQS by the Query protocol', () => {
  it('sends to a queue that the URL of the request names, and responds in XML', async () => {
    const one = await queue('by-url');
    const { status, body, all } = await query('SendMessage', { MessageBody: 'héllo <&>\r\n' }, one.url);
    expect(status).toBe(200);
    expect(body).toContain('<SendMessageResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/">');
    expect(all('MD5OfMessageBody')).toEqual(['f79ebebfd68680deba0271dedcaaa12b']);
    expect(all('RequestId')).toHaveLength(1);
    expect(await receiveFrom(one)).toMatchObject({ MessageId: all('MessageId')[0], Body: 'héllo <&>\r\n' });
  });

  it('sends to a queue that a parameter names, with attributes of every type', async () => {
    const one = await queue('by-parameter');
    const { status } = await query('SendMessage', {
      QueueUrl: one.url,
      MessageBody: 'x',
      DelaySeconds: '0',
      'MessageAttribute.1.Name': 'text',
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.1.Value.StringValue': 'a.b',
      'MessageAttribute.2.Name': 'bytes',
      'MessageAttribute.2.Value.DataType': 'Binary',
      'MessageAttribute.2.Value.BinaryValue': 'AQID',
    });
    expect(status).toBe(200);
    const { MessageAttributes } = (await receiveFrom(one)) ?? {};
    expect(MessageAttributes?.text).toEqual({ DataType: 'String', StringValue: 'a.b' });
    expect(MessageAttributes?.bytes?.BinaryValue).toEqual(new Uint8Array([1, 2, 3]));
  });

  it('receives a message that was sent by another protocol, and deletes it', async () => {
    const one = await queue('received');
    const MessageAttributes = { text: { DataType: 'String', StringValue: 'a' } };
    await sqs.send(new SendMessageCommand({ QueueUrl: one.url, MessageBody: 'x\r\n', MessageAttributes }));
    const { all, body } = await query('ReceiveMessage', {
      QueueUrl: one.url,
      WaitTimeSeconds: '20',
      MaxNumberOfMessages: '1',
      'AttributeName.1': 'ApproximateReceiveCount',
      'AttributeName.2': 'SentTimestamp',
      'MessageAttributeName.1': 'All',
    });
    expect(body).toMatch(/<ReceiveMessageResult><Message>.*<\/Message><\/ReceiveMessageResult>/s);
    expect(body).toContain('<Name>ApproximateReceiveCount</Name><Value>1</Value>');
    expect(body).toMatch(/<MessageAttribute><Name>text<\/Name><Value>.*<StringValue>a<\/StringValue>.*<\/Value>/s);
    // XML readers turn an unescaped CRLF into LF. The body's MD5 then differs, so the client drops the message.
    expect(body).toMatch(/<Body>x&#(13|xD);/i);
    const [ReceiptHandle = ''] = all('ReceiptHandle');
    expect(await query('DeleteMessage', { QueueUrl: one.url, ReceiptHandle })).toMatchObject({ status: 200 });
  });

  it('returns an empty result if there is no message, and only the request id for operations without a result', async () => {
    const one = await queue('empty');
    const received = await query('ReceiveMessage', { QueueUrl: one.url });
    expect(received.body).toMatch(/<ReceiveMessageResult\s*\/>|<ReceiveMessageResult>\s*<\/ReceiveMessageResult>/);
    const purged = await query('PurgeQueue', { QueueUrl: one.url });
    expect([purged.status, purged.body.includes('PurgeQueueResult')]).toEqual([200, false]);
  });

  it('accepts or refuses each entry of a batch separately', async () => {
    const one = await queue('batch.fifo');
    const entry = (position: number, fields: Record<string, string>) =>
      Object.entries(fields).map(([name, value]) => [`SendMessageBatchRequestEntry.${position}.${name}`, value]);
    const { status, body, all } = await query('SendMessageBatch', {
      QueueUrl: one.url,
      ...Object.fromEntries([
        ...entry(3, { Id: 'no-group', MessageBody: 'y', MessageDeduplicationId: '3' }),
        ...entry(2, { Id: 'second', MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: '2' }),
        ...entry(1, { Id: 'first', MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: '1' }),
      ]),
    });
    expect([status, all('Id')]).toEqual([200, ['first', 'second', 'no-group']]);
    expect(body).toMatch(/<SendMessageBatchResultEntry>.*<SequenceNumber>.*<\/SendMessageBatchResultEntry>/s);
    expect(body).toMatch(/<BatchResultErrorEntry>.*<Code>MissingParameter<\/Code>.*<\/BatchResultErrorEntry>/s);
    expect(all('SenderFault')).toEqual(['true']);
  });

  it('creates, describes, tags, lists and deletes queues', async () => {
    const { name } = await queue('taken');
    const QueueName = `${name}-made`;
    const creation = await query('CreateQueue', {
      QueueName,
      'Attribute.1.Name': 'VisibilityTimeout',
      'Attribute.1.Value': '7',
      'Tag.1.Key': 'of',
      'Tag.1.Value': 'test',
    });
    const QueueUrl = creation.one('QueueUrl') ?? '';
    const attributes = { QueueUrl, 'AttributeName.1': 'VisibilityTimeout' };
    expect((await query('GetQueueAttributes', attributes)).body).toContain(
      '<Attribute><Name>VisibilityTimeout</Name><Value>7</Value></Attribute>',
    );
    const changed = { 'Attribute.1.Name': 'VisibilityTimeout', 'Attribute.1.Value': '8' };
    expect((await query('SetQueueAttributes', { QueueUrl, ...changed })).status).toBe(200);
    expect((await query('GetQueueAttributes', attributes)).one('Value')).toBe('8');
    expect((await query('TagQueue', { QueueUrl, 'Tag.1.Key': 'more', 'Tag.1.Value': 'tags' })).status).toBe(200);
    expect((await query('UntagQueue', { QueueUrl, 'TagKey.1': 'of' })).status).toBe(200);
    expect((await query('ListQueueTags', { QueueUrl })).body).toContain(
      '<ListQueueTagsResult><Tag><Key>more</Key><Value>tags</Value></Tag></ListQueueTagsResult>',
    );
    expect((await query('GetQueueUrl', { QueueName })).one('QueueUrl')).toBe(QueueUrl);
    expect((await query('ListQueues', { QueueNamePrefix: QueueName })).all('QueueUrl')).toEqual([QueueUrl]);
    expect((await query('DeleteQueue', { QueueUrl })).status).toBe(200);
  });

  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html#API_SetQueueAttributes_Examples
  it("accepts a map of one entry without an index, at a queue's URL with a trailing slash", async () => {
    const one = await queue('by-example');
    const url = `${one.url}/`;
    const change = { 'Attribute.Name': 'VisibilityTimeout', 'Attribute.Value': '35' };
    expect((await query('SetQueueAttributes', change, url)).status).toBe(200);
    const attributes = await query('GetQueueAttributes', { AttributeName: 'VisibilityTimeout' }, url);
    expect(attributes.all('Value')).toEqual(['35']);
    const attribute = { Name: 'a', 'Value.DataType': 'String', 'Value.StringValue': 'b' };
    const named = Object.entries(attribute).map(([name, value]) => [`MessageAttribute.${name}`, value]);
    expect((await query('SendMessage', { MessageBody: 'x', ...Object.fromEntries(named) }, url)).status).toBe(200);
    expect((await receiveFrom(one))?.MessageAttributes?.a?.StringValue).toBe('b');
  });

  it.each([
    ['SendMessage', { MessageBody: 'x', DelaySeconds: 'soon' }],
    ['ReceiveMessage', { MaxNumberOfMessages: 'abc' }],
    ['ReceiveMessage', { VisibilityTimeout: '1.5' }],
    ['SetQueueAttributes', { Attribute: 'VisibilityTimeout' }],
  ])('refuses an invalid number or map: %s %j', async (action, parameters) => {
    const one = await queue('mistyped');
    expect(await query(action, parameters, one.url)).toMatchObject({ status: 400 });
  });

  it('returns errors with their code in this protocol', async () => {
    const { status, body, one } = await query('GetQueueUrl', { QueueName: 'fidelity-no-such-queue' });
    expect([status, one('Type'), one('Code')]).toEqual([400, 'Sender', 'AWS.SimpleQueueService.NonExistentQueue']);
    expect(body).toMatch(/<ErrorResponse.*<Error>.*<\/Error>.*<RequestId>/s);
  });

  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
  it('refuses an unknown action', async () => {
    expect(await query('SendMassage', { MessageBody: 'x' })).toMatchObject({ status: 400 });
    expect((await query('SendMassage', {})).one('Code')).toBe('InvalidAction');
  });
});
