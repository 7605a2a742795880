/**
 * Header of requests to the SQS emulator: the sender. Receivers get it as `SenderId`
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html): for a session of a
 * role, the unique id of the role and the session's name, `AROA…:NAME`, which for a function is the function's name;
 * for any other caller the account's id, as for the root user.
 */
export const SENDER_HEADER = 'x-rollcall-sender';

/** SNS delivers as its own principal, not as the publisher. Its ID on AWS differs between regions. */
export const SNS_SENDER = 'AIDAEMBEDDEDCLOUD0SNS';
