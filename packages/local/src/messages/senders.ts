/**
 * Header of a request to the emulator of SQS: who sends. To whoever receives the message, SQS says it as `SenderId`
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html): for a function the
 * unique id of its role and the function's name, `AROA…:NAME`, as for every session of a role; for whoever is no role the
 * account's id, as for its root user.
 */
export const SENDER_HEADER = 'x-rollcall-sender';

/** SNS delivers as a principal of its own, whoever has published. Its id on AWS differs from region to region. */
export const SNS_SENDER = 'AIDAEMBEDDEDCLOUD0SNS';
