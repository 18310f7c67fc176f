<?php

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

class JobResult extends Model
{
    public const UPDATED_AT = null;

    public $incrementing = false;
    protected $primaryKey = 'job_id';
    protected $keyType = 'string';
    protected $guarded = [];
}
