exports.from = process.env.CARRIER;
