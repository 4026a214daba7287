#!/usr/bin/env bash
# Runs the projects beside this file as their owners would: copied to a folder outside the checkout, with Millrace's artifacts from a
# local repository, on each JUnit, on the class path and on the module path. Needs Maven, a JDK 25, and Maven Central or what Maven
# has kept of it.
#   examples/consumers/run.sh           all of them
#   examples/consumers/run.sh kotlin    one of them
# MAVEN_REPOSITORY: Maven's local repository, if it is not ~/.m2/repository.
# Ends with 0 if all passed, 1 if one failed or ran no tests, 2 if it could not begin or Maven did not get what they need.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
junits=(5.12.2 5.14.4 6.1.3)

cannot() { printf 'consumers: %s\n' "$*" >&2; exit 2; }
# What Maven did not get from anywhere says nothing about Millrace, unless it is of Millrace.
wrong() { # what is wrong, the log of Maven
  local missing
  missing=$(grep -E 'Could not (transfer|find) artifact|Unknown host|Cannot access .* in offline mode' "$2" | head -n 1) || true
  case $missing in
    "" | *dev.millrace*) ;;
    *) cannot "$1, since Maven could not get what it needs: $missing" ;;
  esac
  printf 'consumers: %s; the end of what Maven said:\n' "$1" >&2
  tail -n 60 "$2" >&2
  exit 1
}

projects=("${@:-java}")
[ $# -gt 0 ] || projects=(java kotlin)
for p in "${projects[@]}"; do
  [ -f "$here/$p/pom.xml" ] || cannot "there is no project $p; there are: $(cd "$here" && echo */ | tr -d /)"
done
command -v mvn >/dev/null || cannot "mvn is missing"
# Maven compiles and tests with the JDK that it runs on, unless a project says otherwise; these do not.
JAVA_HOME=$(MILLRACE_SKIP_BUILD=1 "$root/millrace" java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p') \
  || cannot "$root/millrace java finds no JDK 25"
export JAVA_HOME
# Each of these builds is over before a better compiler has paid for itself.
export MAVEN_OPTS="${MAVEN_OPTS:-} -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
repository=$work/repository

# A repository of its own for what is built here, so that no other build of this user ever meets it. All else is the user's own
# repository, by links: nothing is downloaded twice, and what is downloaded now is kept. (Maven 3.9 has maven.repo.local.tail, which
# is only read; Debian's Maven is older.)
make_repository() {
  local users=${MAVEN_REPOSITORY:-$HOME/.m2/repository} folder
  mkdir -p "$repository/dev"
  for folder in "$users"/* "$users"/dev/*; do
    case ${folder#"$users"/} in
      dev | dev/millrace) ;;
      *) [ ! -d "$folder" ] || ln -s "$folder" "$repository/${folder#"$users"/}" ;;
    esac
  done
}

maven() { # log, arguments
  local log=$1
  shift
  mvn -B -ntp -Dmaven.repo.local="$repository" "$@" >"$log" 2>&1
}

install_millrace() {
  (cd "$root" && maven "$work/install.log" install -Dmaven.test.skip=true -pl modules/bom,modules/junit -am) \
    || wrong "Millrace could not be installed" "$work/install.log"
}

last_count() { # log
  sed -n 's/.*\(Tests run: [0-9]*, Failures: [0-9]*, Errors: [0-9]*, Skipped: [0-9]*\)$/\1/p' "$1" | tail -n 1
}

# All tests of a project that was copied; prints how many there were.
run_tests() { # folder, what it is, arguments of Maven
  local folder=$1 what=$2 log=$1.log begin=$SECONDS count
  shift 2
  (cd "$folder" && maven "$log" test "$@") || wrong "$what: tests fail" "$log"
  count=$(last_count "$log")
  case $count in
    "" | "Tests run: 0,"*) wrong "$what: no test ran" "$log" ;;
    *", Skipped: 0") ;;
    *) wrong "$what: tests were skipped" "$log" ;;
  esac
  printf '%s: %s (%d s)\n' "$what" "$count" $((SECONDS - begin))
}

# The project's test that fails says how to run it again; that is done, and must fail in the same way, at the same time.
run_again() { # folder, what it is, arguments of Maven
  local folder=$1 what=$2 first=$1-first.log second=$1-second.log begin=$SECONDS again told
  shift 2
  (cd "$folder" && maven "$first" test "$@" '-Dtest=Impatience*') && wrong "$what: Impatience must fail" "$first"
  again=$(sed -n 's/^ *run again: //p' "$first" | head -n 1)
  [ -n "$again" ] || wrong "$what: a failure does not say how to run it again" "$first"
  # It is written for a shell.
  eval "set -- \"\$@\" $again"
  (cd "$folder" && maven "$second" test "$@") && wrong "$what: run again with $again, it does not fail" "$second"
  told=$(grep -m 1 'Internet: seed ' "$first")
  grep -qF "$told" "$second" || wrong "$what: run again with $again, it does not say: $told" "$second"
  for file in capture report; do
    grep -q "^ *$file: $folder/target/.*/$file\." "$second" || wrong "$what: run again, its $file is not kept" "$second"
  done
  printf '%s: run again %s: the same failure (%d s)\n' "$what" "$again" $((SECONDS - begin))
}

run_java() {
  local junit modules folder path
  for junit in "${junits[@]}"; do
    for modules in false true; do
      [ $modules = true ] && path="module path" || path="class path"
      folder=$work/java-$junit-$modules
      cp -r "$here/java" "$folder"
      run_tests "$folder" "java, JUnit $junit, $path" -Djunit.version="$junit" -Dsurefire.useModulePath=$modules
    done
    # On the module path, where there is more to go wrong.
    run_again "$folder" "java, JUnit $junit, $path" -Djunit.version="$junit" -Dsurefire.useModulePath=$modules
  done
}

run_kotlin() {
  local junit=${junits[-1]}
  # Its compiler is the slowest part of all this: what has not changed it compiles once.
  local arguments=(-Djunit.version="$junit" -Dkotlin.compiler.incremental=true)
  cp -r "$here/kotlin" "$work/kotlin"
  run_tests "$work/kotlin" "kotlin, JUnit $junit, class path" "${arguments[@]}"
  run_again "$work/kotlin" "kotlin, JUnit $junit, class path" "${arguments[@]}"
}

make_repository
install_millrace
for p in "${projects[@]}"; do
  "run_$p"
done
