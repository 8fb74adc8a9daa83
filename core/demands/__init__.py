"""诉求: work orders and messages of citizens, from their intake to what they have in common.

`intake` keeps what a file or an answer says of a demand, with a row for every change; `reading` finds field, kind,
place, unit and problem, by the scheduler within seconds; `deeds` keeps a person's word, which goes before both; `terms`
reads what files say (pure); `sample` takes the sample district's out.
"""
