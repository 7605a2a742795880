import { PutEventsCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
