#!/usr/bin/env bash
# A study whose jobs each load the model into vLLM's engine in their own process, without a server.
#
#   profiles/slurm/engines.sh MODEL [SNAKEMAKE'S ARGUMENTS]
#
#   profiles/slurm/engines.sh llama-3-8b-engine results/w34/metrics.csv
#
# MODEL is the name of a file in config/models/ with `provider: vllm`; it takes the surveys. What a
# job gets (GPUs, memory, time) stands there too, under `endpoint.job`. Run it on the login node,
# in the folder of this project, with its environment active (or in .venv), which needs vLLM and
# the plugin for Slurm.
set -euo pipefail
model=${1:?the name of a file in config/models}
shift
case " $* " in
  *" --config"[\ =]* | *" -C"*)
    echo "$0: this sets --config itself; put settings into a file for --configfile" >&2
    exit 2
    ;;
esac
command -v anthology > /dev/null || . .venv/bin/activate
exec snakemake --workflow-profile slurm "$@" --config "models=[$model]"
