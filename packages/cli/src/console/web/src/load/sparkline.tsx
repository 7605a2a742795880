import '@mantine/charts/styles.css';
import { Sparkline as Chart } from '@mantine/charts';

export default function Sparkline({ data }: { data: number[] }) {
  return <Chart data={data} h={48} mt="xs" curveType="linear" color="blue" fillOpacity={0.25} aria-hidden />;
}
