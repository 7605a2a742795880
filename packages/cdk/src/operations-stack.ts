import { ArnFormat, CfnParameter, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { keyFor, StageKey } from './encryption.ts';
import { OperationalControls } from './operational-controls.ts';
import { onlyOwnRoles } from './own-roles.ts';
import { prefixOf, type Stage } from './stage.ts';
import { WRITE_ACTIONS } from './stage-topic.ts';

/**
 * The resources for operators: the topic of the stage's alarms, the switches, circuits and registered instances, and
 * the stage's customer managed key, if it has one.
 */
export class OperationsStack<S extends Stage> extends Stack {
  readonly stage: S;
  readonly alarms: Topic;
  readonly governance: OperationalControls;
  /** The stage's customer managed key, if it has one. */
  readonly key: StageKey | undefined;

  /** @param props `hasLargeBucket`: whether the stage has a bucket for large messages, which the key also encrypts */
  constructor(scope: Construct, id: string, { settings, hasLargeBucket }: { settings: S; hasLargeBucket: boolean }) {
    super(scope, id);
    const key = settings.customerManagedKey
      ? new StageKey(this, 'Encryption', { stage: settings, hasLargeBucket })
      : undefined;
    this.key = key;
    // The export of the key must remain, because the other stacks stop importing the key one by one after this stack is
    // deployed.
    if (settings.customerManagedKey === 'retiring') this.exportValue(key?.arn);
    const stage: S = key && settings.customerManagedKey === true ? { ...settings, keyArn: key.arn } : settings;
    this.stage = stage;
    const masterKey = keyFor(this, 'Alarms', stage);
    this.alarms = new Topic(this, 'Alarms', {
      topicName: `${prefixOf(stage)}alarms`,
      enforceSSL: true,
      ...(masterKey && { masterKey }),
    });
    // CloudWatch needs its own statement, because a topic with a policy does not have the default policy.
    this.alarms.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.alarms.topicArn],
        // https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
        conditions: {
          ArnLike: {
            'aws:SourceArn': this.formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              resourceName: `${prefixOf(stage)}*`,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
    // Other roles may subscribe to the topic, so that operators can use tools outside the stage. Alarms contain no
    // personal data.
    this.alarms.addToResourcePolicy(onlyOwnRoles(this.alarms, stage, WRITE_ACTIONS, this.alarms.topicArn));
    this.governance = new OperationalControls(this, 'Governance', { stage });
    if (stage.alarmByEmail) {
      const address = new CfnParameter(this, 'AlarmEmail', {
        description: 'Email address to which alarms are sent.',
      });
      this.alarms.addSubscription(new EmailSubscription(address.valueAsString));
    }
  }
}
