const { from } = require('../carrier.js');

exports.handler = (event, _context, callback) => {
  for (const { body } of event.Records) console.log(`${from} ships ${JSON.parse(body).Message}`);
  callback(null, { batchItemFailures: [] });
};
