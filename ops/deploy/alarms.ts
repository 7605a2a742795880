import type { Account } from './account.ts';
import { type Finding, good, type Plan } from './finding.ts';

interface Group {
  AlarmConfiguration?: { Alarms?: ReadonlyArray<{ Name?: unknown }> };
}

/**
 * While an alarm of a deployment group is raised, CodeDeploy starts no deployment of it
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html).
 */
export async function raisedAlarms({ stage, planned }: Plan, account: Account): Promise<Finding[]> {
  const check = 'alarms';
  const resources = planned.flatMap(({ template }) => Object.values(template.Resources));
  // With `-c shifting=off`, aliases have no policy.
  if (!resources.some((resource) => resource.Type === 'AWS::Lambda::Alias' && 'UpdatePolicy' in resource)) return [];
  const groups = resources.filter(({ Type }) => Type === 'AWS::CodeDeploy::DeploymentGroup');
  const names = new Set(
    groups.flatMap(({ Properties = {} }) =>
      ((Properties as Group).AlarmConfiguration?.Alarms ?? []).map(({ Name }) => String(Name)),
    ),
  );
  const raised = (await account.raisedAlarms()).filter((name) => names.has(name));
  if (raised.length === 0) return [good(check, `none of the ${names.size} that roll back is raised`)];
  const says = `${raised.join(', ')}: raised, so CodeDeploy does not shift the traffic of the functions that it watches.`;
  return [{ check, state: 'missing', says, mend: `npm run deploy -- -c stage=${stage.name} -c shifting=off` }];
}
