import type { Account } from './account.ts';
import { type Finding, good, type Plan } from './finding.ts';

interface Group {
  AlarmConfiguration?: { Alarms?: ReadonlyArray<{ Name?: unknown }> };
}

/**
 * Reports raised alarms of deployment groups. While such an alarm is raised, CodeDeploy starts no deployment of the
 * group (https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-create-alarms.html).
 */
export async function raisedAlarms({ stage, planned }: Plan, account: Account): Promise<Finding[]> {
  const check = 'alarms';
  const resources = planned.flatMap(({ template }) => Object.values(template.Resources));
  // With `-c shifting=off`, aliases have no update policy, so CodeDeploy is not used.
  if (!resources.some((resource) => resource.Type === 'AWS::Lambda::Alias' && 'UpdatePolicy' in resource)) return [];
  const groups = resources.filter(({ Type }) => Type === 'AWS::CodeDeploy::DeploymentGroup');
  const names = new Set(
    groups.flatMap(({ Properties = {} }) =>
      ((Properties as Group).AlarmConfiguration?.Alarms ?? []).map(({ Name }) => String(Name)),
    ),
  );
  const raised = (await account.raisedAlarms()).filter((name) => names.has(name));
  if (raised.length === 0) return [good(check, `none of the ${names.size} alarms that cause a rollback is raised`)];
  const says = `These alarms are raised: ${raised.join(', ')}. Until they end, CodeDeploy shifts no traffic of the functions that they watch.`;
  return [{ check, state: 'missing', says, mend: `npm run deploy -- -c stage=${stage.name} -c shifting=off` }];
}
