export async function handler({ Records = [], body }) {
  for (const record of Records) {
    console.log(`heard ${record.body}`);
    if (record.body === 'fail') throw new Error('the record requests a failure');
  }
  return { statusCode: 200, body: JSON.stringify({ said: body, greeting: process.env.GREETING }) };
}
