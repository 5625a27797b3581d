export { TestBench, type TestBenchProps } from "./TestBench";
