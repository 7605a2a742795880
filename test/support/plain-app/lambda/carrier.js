exports.from = 'the carrier';
