/**
 * The header with the sender in requests to the SQS emulator. Receivers get the sender as `SenderId`
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html). For a session of a
 * role, the sender is `AROA…:NAME`: the unique id of the role and the session's name. The session of a function has the
 * function's name. For any other caller, the sender is the account's id, as for the root user.
 */
export const SENDER_HEADER = 'x-rollcall-sender';

/**
 * The sender of the messages that SNS delivers to queues: a principal of SNS. On AWS, the id of this principal differs
 * between regions.
 */
export const SNS_SENDER = 'AIDAEMBEDDEDCLOUD0SNS';
