/**
 * The header with the sender in requests to the SQS emulator. Receivers get the sender as `SenderId`
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html). For a session of a
 * role, it is `AROA…:NAME`: the unique id of the role and the session's name, which is the function's name for a
 * function. For any other caller, it is the account's id, as for the root user.
 */
export const SENDER_HEADER = 'x-rollcall-sender';

/** The sender of SNS's deliveries, which SNS makes as its own principal. On AWS, its id differs between regions. */
export const SNS_SENDER = 'AIDAEMBEDDEDCLOUD0SNS';
