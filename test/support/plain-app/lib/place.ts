import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const sns = new SNSClient({});
const { TABLE_NAME, TOPIC_ARN, AWS_REGION } = process.env;

export const handler = async ({ body }: { body: string }) => {
  const order = JSON.parse(body) as { id: string };
  await dynamodb.send(new PutCommand({ TableName: TABLE_NAME, Item: order }));
  await sns.send(new PublishCommand({ TopicArn: TOPIC_ARN, Message: JSON.stringify(order) }));
  return { statusCode: 201, body: JSON.stringify({ ...order, region: AWS_REGION }) };
};
