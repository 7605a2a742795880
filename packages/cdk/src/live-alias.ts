import { CfnParameter, Lazy, Stack, Validations } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { LambdaApplication, LambdaDeploymentConfig, LambdaDeploymentGroup } from 'aws-cdk-lib/aws-codedeploy';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  type CfnAlias,
  type CfnFunction,
  type IVersion,
  type Function as LambdaFunction,
} from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Stage } from './stage.ts';

const POLICY = 'service-role/AWSCodeDeployRoleForLambdaLimited';

/** The CodeDeploy application and service role of a stack. */
class Deployments extends Construct {
  readonly application: LambdaApplication;
  readonly role: Role;

  /** Returns the instance of a stack. The first call for a stack creates the instance. */
  static of(scope: Construct): Deployments {
    const stack = Stack.of(scope);
    return (stack.node.tryFindChild('Deployments') as Deployments | undefined) ?? new Deployments(stack, 'Deployments');
  }

  private constructor(stack: Stack, id: string) {
    super(stack, id);
    this.application = new LambdaApplication(this, 'Application', { applicationName: stack.stackName });
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('codedeploy.amazonaws.com') });
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${POLICY}]`,
      reason:
        'AWS defines which Lambda permissions CodeDeploy needs, and CDK attaches this policy to every service role.',
    });
  }
}

/**
 * The values of the template parameters in a function's environment, separated by spaces. A deployment can change these
 * values without a change of the template.
 */
function parametersOf(fn: LambdaFunction): string {
  const stack = Stack.of(fn);
  const environment = JSON.stringify(stack.resolve((fn.node.defaultChild as CfnFunction).environment) ?? {});
  const used = stack.node
    .findAll()
    .filter((one) => one instanceof CfnParameter)
    .filter(({ logicalId }) => environment.includes(`{"Ref":"${stack.resolve(logicalId)}"}`));
  return used.map(({ valueAsString }) => valueAsString).join(' ');
}

/**
 * Options of a function's versions. A deployment publishes a new version if the function's properties in the template
 * change, but not if only the value of a parameter changes. With the parameters in the version's description (at most
 * 256 characters), a changed value publishes a new version, too.
 */
export const versionOptions = (fn: () => LambdaFunction) => ({
  description: Lazy.string({ produce: () => parametersOf(fn()) || undefined }),
});

/**
 * The alias `live` of a function. CodeDeploy shifts the function's traffic to a new version step by step, and shifts
 * the traffic back if an alarm is raised: docs/decisions/0056-traffic-is-shifted-and-alarms-roll-it-back.md.
 */
export class LiveAlias extends Alias {
  readonly #group: LambdaDeploymentGroup;
  #isWatched = false;

  constructor(
    fn: LambdaFunction,
    { functionName, shifting }: { functionName: string; shifting: NonNullable<Stage['trafficShifting']> },
  ) {
    // CDK's own types are not assignable to each other under exactOptionalPropertyTypes.
    super(fn, 'Live', { aliasName: 'live', version: fn.currentVersion as IVersion });
    const { application, role } = Deployments.of(this);
    this.#group = new LambdaDeploymentGroup(this, 'Deployment', {
      alias: this as Alias,
      application,
      role,
      deploymentGroupName: functionName,
      deploymentConfig: LambdaDeploymentConfig.fromLambdaDeploymentConfigName(
        this,
        'Config',
        `CodeDeployDefault.${shifting}`,
      ),
      // A deployment that an operator stops is rolled back, too.
      autoRollback: { stoppedDeployment: true },
    });
    if (isShiftingOff(this)) delete (this.node.defaultChild as CfnAlias).cfnOptions.updatePolicy;
    this.node.addValidation({
      validate: () =>
        this.#isWatched
          ? []
          : [
              `No alarm rolls ${functionName} back while its traffic is shifted: add the function to \`rollsBack\` of an alarm that watches it.`,
            ],
    });
  }

  /** Rolls a deployment back if this alarm is raised while traffic is shifted. */
  rollBackOn(alarmName: string): void {
    this.#isWatched = true;
    // The alarm is referred to by name, because its stack may be deployed later.
    this.#group.addAlarm(Alarm.fromAlarmName(this, alarmName, alarmName));
  }
}

/**
 * Whether `-c shifting=off` is set: this deployment then shifts all traffic at once and ignores alarms. A deployment
 * that fixes the cause of a raised alarm needs this setting, because CodeDeploy starts no deployment of a function
 * while an alarm of the function is raised.
 */
function isShiftingOff({ node }: Construct): boolean {
  const given: unknown = node.tryGetContext('shifting');
  if (given === undefined || given === 'off') return given === 'off';
  throw new Error(
    `-c shifting=${given}: the only valid value is off. The stage's setting \`trafficShifting\` selects how traffic is shifted.`,
  );
}
