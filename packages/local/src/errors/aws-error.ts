/** A response in the format of the AWS service that was called. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface AwsError {
  status: number;
  code: string;
  message: string;
  /** Further fields of the error. */
  more?: object;
}

/** An error in the format of an AWS service: XML for SNS, STS and S3, and JSON for all other services. */
export function awsError(service: string, { status, code, message, more }: AwsError): Answer {
  if (service === 's3') {
    const body = `<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
    return { status, headers: { 'content-type': 'application/xml' }, body };
  }
  if (service === 'sns' || service === 'sts') {
    const type = status < 500 ? 'Sender' : 'Receiver';
    const body = `<ErrorResponse><Error><Type>${type}</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`;
    return { status, headers: { 'content-type': 'text/xml' }, body };
  }
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code },
    body: JSON.stringify({ __type: code, message, Message: message, ...more }),
  };
}

/** Escapes text for XML, including carriage returns, which a parser would normalize. */
export const escaped = (text: string) => text.replace(/[<>&\r]/g, (character) => `&#${character.charCodeAt(0)};`);
